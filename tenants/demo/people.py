"""How the customers of the demo shops are called, in many scripts. Data only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """Names that go together. `native=latin` gives the spelling for the e-mail address, `man|woman` the two forms."""

    phone: str  # a mobile number in E.164, each # a digit
    women: str
    men: str
    surnames: str


# Real ways of being long: a Surname may have 300 characters, a Name 100.
LONG_NAMES = (
    ("Pedro", "de Alcântara Francisco António João Carlos Xavier de Paula Miguel Rafael Joaquim José Gonzaga Pascoal"),
    ("Hubert Blaine", "Wolfeschlegelsteinhausenbergerdorff"),
    ("María de los Dolores Guadalupe Concepción", "Fernández de Córdoba y Álvarez de las Asturias-Bohorques"),
    ("Karl-Theodor Maria Nikolaus Johann Jacob Philipp", "von und zu Hohenberg-Weißenstein-Lichtenau"),
    ("Janice", "Keihanaikukauakahihulihe'ekahaunaele"),
    ("กุลธิดารัตน์", "เทพหัสดิน ณ อยุธยา"),
    ("Abdul-Rahman ibn Muhammad ibn Khalid", "al-Hadrami al-Ishbili al-Tunisi al-Qahiri"),
)

ORIGINS = {
    "en-US": Origin(
        "+121255501##",
        "Emma, Olivia, Jennifer, Mia-Rose, Harper, Ruth, Zoë, LaToya",
        "Liam, Noah, James, DeShawn, Ethan, Walter, Jesús, Theo",
        "Smith, Johnson, Null, O'Connor, Nguyen-Baker, Garcia, Lee, St. John, Brown, Washington, McAllister, Ng",
    ),
    "en-GB": Origin(
        "+447700900###",
        "Amelia, Isla, Siân, Freya, Poppy, Charlotte, Aisling, Priya",
        "Oliver, George, Harry, Alfie, Rhys, Callum, Mohammed, Ewan",
        "Jones, Taylor, Davies, Wilson, Llewellyn, Khan, Featherstonehaugh, MacDonald, Clarke, Patel, Evans, Wright",
    ),
    "de-DE": Origin(
        "+491555#######",
        "Anna, Änne, Käthe, Lea, Sophie, Ute, Johanna, Jördis",
        "Jürgen, Björn, Lukas, Max, Günther, Felix, Jörg, Paul",
        "Müller, Schmidt, Weiß, Groß, Schröder, Köhler, von der Heide, Meyer, Böhm, Jäger, Vogel, Krüger",
    ),
    "fr-FR": Origin(
        "+336########",
        "Chloé, Zoé, Hélène, Maëlle, Françoise, Inès, Camille, Léa",
        "François, Loïc, Jérôme, Théo, Hugo, Gaël, Rémi, Jean-Noël",
        "Dubois, Lefèvre, L'Hôpital, Bérenger, Châtelain, d'Aubigné, Morel, Faÿ, Girard, Noël, Garçon, Moreau",
    ),
    "es-ES": Origin(
        "+346########",
        "María, Lucía, Begoña, Inés, Sofía, Nuria, Ángeles, Itziar",
        "José, Íñigo, Álvaro, Raúl, Ángel, Javier, Martín, Pablo",
        "García, Muñoz, Núñez Peña, Ibáñez, López, de la Fuente, Gómez, Sánchez Vázquez, Ordóñez, Ruiz, Yáñez, Castro",
    ),
    "pt-BR": Origin(
        "+55119########",
        "Ana, Conceição, Júlia, Letícia, Mariana, Luísa, Beatriz, Antônia",
        "João, Antônio, Caio, Thiago, Davi, Luís, Otávio, Gabriel",
        "Silva, Gonçalves, dos Santos, Araújo, Simões, Conceição, Pereira, de Souza, Magalhães, Brandão, Lima, Falcão",
    ),
    "it-IT": Origin(
        "+393########",
        "Giulia, Chiara, Noemi, Martina, Zaira, Alessia, Bianca, Elisa",
        "Niccolò, Matteo, Luca, Marco, Andrea, Davide, Pietro, Salvatore",
        "Rossi, D'Angelo, De Luca, Bianchi, Esposito, Nicolò, Ricci, Conti, Dell'Acqua, Greco, Colombo, Marino",
    ),
    "nl-NL": Origin(
        "+316########",
        "Fleur, Sanne, Noëlle, Lotte, Anouk, Eefje, Tess, Femke",
        "Daan, Sem, Jeroen, Joël, Bram, Thijs, Ruud, Luuk",
        "van der Berg, de Vries, Jansen, 't Hart, IJsselstein, Bakker, van 't Hof, Visser, Smit, Mulder, Bos, Daniëls",
    ),
    "sv-SE": Origin(
        "+4670#######",
        "Åsa, Elin, Maja, Märta, Saga, Agnes, Linnéa, Ebba",
        "Björn, Håkan, Göran, Erik, Oskar, Åke, Nils, Viggo",
        "Åkesson, Lindström, Sjöberg, Öberg, Johansson, Nyström, Ek, Bergström, Ö, Hallström, Lund, Norén",
    ),
    "nb-NO": Origin(
        "+479#######",
        "Ingrid, Solveig, Åse, Nora, Sunniva, Marte, Frøya, Silje",
        "Øyvind, Lars, Håvard, Magnus, Sindre, Bjørn, Jørgen, Odd",
        "Hansen, Bråten, Sørlie, Ødegård, Nygård, Bø, Halvorsen, Strøm, Berg, Lærum, Moen, Haugen",
    ),
    "da-DK": Origin(
        "+452#######",
        "Freja, Søs, Karen, Mette, Sofie, Birgitte, Lærke, Ida",
        "Søren, Jørgen, Rasmus, Bjørn, Mads, Kåre, Aksel, Niels",
        "Sørensen, Kjær, Nørgaard, Møller, Østergaard, Jensen, Bæk, Holm, Ågård, Lund, Krogh, Vinther",
    ),
    "fi-FI": Origin(
        "+35840#######",
        "Aino, Päivi, Säde, Helmi, Sirpa, Pirkko, Venla, Kyllikki",
        "Väinö, Eero, Jyrki, Heikki, Onni, Pekka, Yrjö, Mikko",
        "Korhonen, Mäkinen, Hämäläinen, Järvinen, Väisänen, Nieminen, Yli-Hukkala, Lehtonen, Pääkkönen, Aho, Öhman",
    ),
    "pl-PL": Origin(
        "+485########",
        "Agnieszka, Małgorzata, Zofia, Łucja, Bożena, Świętosława, Ewa, Żaneta",
        "Łukasz, Paweł, Stanisław, Michał, Grzegorz, Jan, Bolesław, Krzysztof",
        "Kowalski|Kowalska, Wiśniewski|Wiśniewska, Wójcik, Dąbrowski|Dąbrowska, Śliwa, Żak, Brzęczyszczykiewicz",
    ),
    "cs-CZ": Origin(
        "+4207########",
        "Šárka, Jiřina, Kateřina, Žofie, Růžena, Eliška, Tereza, Hana",
        "Jiří, Ondřej, Tomáš, Řehoř, Zdeněk, Matěj, Petr, Vojtěch",
        "Novák|Nováková, Dvořák|Dvořáková, Černý|Černá, Procházka|Procházková, Kučera|Kučerová, Šťastný|Šťastná",
    ),
    "hu-HU": Origin(
        "+3630#######",
        "Erzsébet, Zsófia, Réka, Ágnes, Boglárka, Tünde, Emőke, Lilla",
        "György, László, Győző, Bálint, Ödön, Zoltán, Máté, Csaba",
        "Nagy, Kovács, Szabó, Tóth, Horváth, Kőszegi, Németh, Erdős, Szűcs, Vörös, Lőrincz, Pál",
    ),
    "tr-TR": Origin(
        "+9053########",
        "Ayşe, Çiğdem, İpek, Gülşen, Işıl, Elif, Şule, Zeynep",
        "Oğuz, Çağrı, İbrahim, Yiğit, Barış, Emre, Ümit, Mehmet",
        "Yılmaz, Öztürk, Şahin, Çelik, Aydın, Doğan, Kılıç, Güneş, İnan, Koç, Işık, Erdoğdu",
    ),
    "vi-VN": Origin(
        "+849########",
        "Hương, Thảo, Ngọc Ánh, Diễm, Mỹ Linh, Phương, Trúc, Yến",
        "Đức, Hùng, Quốc Bảo, Thắng, Tuấn, Dũng, Vũ, Hiếu",
        "Nguyễn, Trần, Lê, Phạm, Hoàng, Phan, Vũ, Đặng, Bùi, Đỗ, Hồ, Ngô",
    ),
    "el-GR": Origin(
        "+3069########",
        "Μαρία=maria, Ελένη=eleni, Αικατερίνη=aikaterini, Σοφία=sofia, Δήμητρα=dimitra, Ιωάννα=ioanna",
        "Γιώργος=giorgos, Νίκος=nikos, Κωνσταντίνος=konstantinos, Δημήτρης=dimitris, Ιωάννης=ioannis, Χρήστος=christos",
        "Παπαδόπουλος|Παπαδοπούλου=papadopoulos|papadopoulou, Γεωργίου=georgiou, Οικονόμου=oikonomou, "
        "Νικολαΐδης|Νικολαΐδου=nikolaidis|nikolaidou, Βλάχος|Βλάχου=vlachos|vlachou, Αντωνίου=antoniou",
    ),
    "uk-UA": Origin(
        "+38067#######",
        "Оксана=oksana, Наталія=nataliia, Соломія=solomiia, Ївга=yivha, Ганна=hanna, Юлія=yuliia",
        "Олександр=oleksandr, Андрій=andrii, Тарас=taras, Євген=yevhen, Богдан=bohdan, Сергій=serhii",
        "Шевченко=shevchenko, Коваленко=kovalenko, Бойко=boiko, Мельник=melnyk, Галаґан=galagan, "
        "Лисенко=lysenko, Вишневський|Вишневська=vyshnevskyi|vyshnevska, Кравець=kravets",
    ),
    "bg-BG": Origin(
        "+35988#######",
        "Мария=maria, Елена=elena, Цветелина=tsvetelina, Йорданка=yordanka, Радка=radka, Снежана=snezhana",
        "Георги=georgi, Иван=ivan, Димитър=dimitar, Стоян=stoyan, Петър=petar, Асен=asen",
        "Иванов|Иванова=ivanov|ivanova, Георгиев|Георгиева=georgiev|georgieva, Димитров|Димитрова=dimitrov|dimitrova, "
        "Стоянов|Стоянова=stoyanov|stoyanova, Щерев|Щерева=shterev|shtereva",
    ),
    "sr-Cyrl-RS": Origin(
        "+38164#######",
        "Јелена=jelena, Милица=milica, Љубица=ljubica, Ђурђа=djurdja, Снежана=snezana",
        "Никола=nikola, Милош=milos, Ђорђе=djordje, Љубомир=ljubomir, Живко=zivko",
        "Јовановић=jovanovic, Петровић=petrovic, Ђурић=djuric, Њежић=njezic, Николић=nikolic, Џаковић=dzakovic",
    ),
    "ka-GE": Origin(
        "+9955########",
        "ნინო=nino, თამარ=tamar, ქეთევან=ketevan, მარიამ=mariam",
        "გიორგი=giorgi, ლევან=levan, ზურაბ=zurab, ირაკლი=irakli",
        "ბერიძე=beridze, კაპანაძე=kapanadze, გელაშვილი=gelashvili, მაისურაძე=maisuradze, ჯაფარიძე=japaridze",
    ),
    "ar-EG": Origin(
        "+2010########",
        "فاطمة=fatma, مريم=mariam, نور=nour, عائشة=aisha, ياسمين=yasmin, سلمى=salma",
        "محمد=mohamed, أحمد=ahmed, عمر=omar, خالد=khaled, مصطفى=mostafa, عبد الله=abdallah",
        "حسن=hassan, إبراهيم=ibrahim, عبد الرحمن=abdelrahman, منصور=mansour, الشافعي=elshafei, يوسف=youssef",
    ),
    "he-IL": Origin(
        "+9725########",
        "נועה=noa, תמר=tamar, שירה=shira, יעל=yael, אביגיל=avigail",
        "דוד=david, יוסף=yosef, אריאל=ariel, איתי=itay, משה=moshe",
        "כהן=cohen, לוי=levi, מזרחי=mizrahi, פרידמן=friedman, בן־דוד=bendavid, אברהם=avraham, שפירא=shapira",
    ),
    "hi-IN": Origin(
        "+9198########",
        "प्रिया=priya, अनन्या=ananya, श्रेया=shreya, कविता=kavita, दीप्ति=deepti, ऐश्वर्या=aishwarya",
        "अर्जुन=arjun, रोहित=rohit, विक्रम=vikram, कृष्ण=krishna, सिद्धार्थ=siddharth, ईशान=ishaan",
        "शर्मा=sharma, सिंह=singh, गुप्ता=gupta, त्रिपाठी=tripathi, अग्रवाल=agrawal, चतुर्वेदी=chaturvedi, मिश्र=mishra",
    ),
    "ta-IN": Origin(
        "+9194########",
        "கவிதா=kavitha, மீனாட்சி=meenakshi, தமிழ்ச்செல்வி=tamilselvi, லட்சுமி=lakshmi",
        "முருகன்=murugan, கார்த்திக்=karthik, செந்தில்=senthil, அருண்=arun",
        "சுப்பிரமணியன்=subramanian, ராஜன்=rajan, பழனிசாமி=palanisamy, வெங்கடேசன்=venkatesan",
    ),
    "th-TH": Origin(
        "+668########",
        "สมหญิง=somying, พิมพ์ชนก=pimchanok, กัญญารัตน์=kanyarat, อรทัย=orathai",
        "สมชาย=somchai, ณัฐวุฒิ=nattawut, ธนพล=thanaphon, วิชัย=wichai",
        "ใจดี=jaidee, ศรีสุข=srisuk, วงศ์สวัสดิ์=wongsawat, รัตนพันธุ์=rattanaphan, แซ่ลิ้ม=saelim",
    ),
    "zh-CN": Origin(
        "+86138########",
        "秀英=xiuying, 静=jing, 雨桐=yutong, 欣怡=xinyi, 丽娟=lijuan, 梓涵=zihan",
        "伟=wei, 浩然=haoran, 建国=jianguo, 子轩=zixuan, 志强=zhiqiang, 磊=lei",
        "王=wang, 李=li, 张=zhang, 刘=liu, 陈=chen, 欧阳=ouyang, 赵=zhao, 诸葛=zhuge, 黄=huang",
    ),
    "zh-Hant-TW": Origin(
        "+8869########",
        "淑芬=shufen, 雅婷=yating, 怡君=yijun, 詩涵=shihan, 美惠=meihui",
        "志明=zhiming, 家豪=jiahao, 冠宇=guanyu, 承恩=chengen, 俊傑=junjie",
        "陳=chen, 林=lin, 黃=huang, 張簡=zhangjian, 蔡=tsai, 謝=hsieh, 劉=liu, 范姜=fanchiang",
    ),
    "ja-JP": Origin(
        "+8190########",
        "さくら=sakura, 陽菜=hina, 美咲=misaki, ゆい=yui, 恵子=keiko, エミリー=emily",
        "蓮=ren, 大翔=hiroto, 健太郎=kentaro, 翔太=shota, 誠=makoto, 龍之介=ryunosuke",
        "佐藤=sato, 鈴木=suzuki, 髙橋=takahashi, 𠮷田=yoshida, 﨑山=sakiyama, 小鳥遊=takanashi, 林=hayashi",
    ),
    "ko-KR": Origin(
        "+8210########",
        "서연=seoyeon, 지우=jiwoo, 하은=haeun, 민서=minseo, 수빈=subin, 예진=yejin",
        "민준=minjun, 서준=seojun, 도윤=doyun, 지훈=jihoon, 현우=hyunwoo, 건우=gunwoo",
        "김=kim, 이=lee, 박=park, 최=choi, 정=jung, 남궁=namgung, 황보=hwangbo, 윤=yoon",
    ),
}
